/** A real SMTP server that behaves well, or in one of the ways in which they do not. */
import { type Behaviour, mailServer } from '../../support/mail-server.ts'
import { settings, stand } from './parent.ts'

const { behaviour } = settings<{ behaviour: Behaviour }>()
// Its end is the process's.
const mail = await mailServer({ teardown() {} })
await mail.behave(behaviour)
stand(mail.url)
