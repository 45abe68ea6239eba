/** What the host's own code may do with users and sessions: `app.auth.users`, `app.auth.sessions`. It has no routes. */
import type { Context } from '../context.ts'
import { authError } from '../errors.ts'
import type { AuthEventName, Caller } from '../events.ts'
import { type Call, defineFeature, runWithin, verbFor } from '../feature.ts'
import { closedBody, Password } from '../http/schemas.ts'
import { endAllSessions } from '../session/end.ts'
import { hashNewPassword } from '../session/new-password.ts'
import { toUser, type User } from '../session/user.ts'
import type { EndedSession, EndReason } from '../store/index.ts'

// 1 Wire shapes

const PasswordInput = closedBody<{ readonly password: string }>({ password: Password }, ['password'])

// 2 The rules

async function getUser(context: Context, id: string): Promise<User> {
  const found = await context.store.users.find(id)
  if (found.outcome === 'unknown') throw authError('AUTH_USER_NOT_FOUND')
  return toUser(context.shape, found.user)
}

/** The policy judges it as it would the user's own choice; every session of the user ends. */
async function setPassword(
  context: Context,
  id: string,
  { password }: { readonly password: string },
  caller: Caller
): Promise<void> {
  const hash = await hashNewPassword(context, password, await getUser(context, id))
  const ended = await context.store.users.setPassword(id, hash, context.telling('password-changed'))
  conclude(context, id, ended, 'password-changed', 'password-changed', caller)
}

async function setDisabled(context: Context, id: string, disabled: boolean, caller: Caller): Promise<void> {
  await getUser(context, id)
  const ended = await context.store.users.setDisabled(id, disabled, context.at())
  conclude(context, id, ended, 'disabled', disabled ? 'user-disabled' : 'user-enabled', caller)
}

async function deleteUser(context: Context, id: string, caller: Caller): Promise<void> {
  await getUser(context, id)
  const ended = await context.store.users.delete(id, context.telling('account-deleted'))
  conclude(context, id, ended, 'deleted', 'user-deleted', caller)
}

/** SE5: outstanding access tokens die with their sessions. */
function conclude(
  context: Context,
  userId: string,
  ended: readonly EndedSession[],
  reason: EndReason,
  event: AuthEventName,
  caller: Caller
): void {
  context.ended.add(ended, reason)
  context.events.emit(event, { ...caller, userId, sessionId: null })
  context.outbox.wake()
}

export const administrationFeature = defineFeature({
  name: 'administration',
  api(context) {
    const choosePassword = verbFor(context, PasswordInput, setPassword)
    return {
      users: {
        /** `AUTH_USER_NOT_FOUND` for an unknown id. */
        get: (id: string, call: Call = {}): Promise<User> => runWithin(context, call, (scoped) => getUser(scoped, id)),
        /** `AUTH_PASSWORD_REJECTED` when it does not meet the policy. */
        setPassword: (id: string, password: string, call: Call = {}): Promise<void> =>
          choosePassword(id, { password }, call),
        /** Ends every session and refuses new ones, after a right password, with `AUTH_ACCOUNT_DISABLED`. */
        disable: (id: string, call: Call = {}): Promise<void> =>
          runWithin(context, call, (scoped, caller) => setDisabled(scoped, id, true, caller)),
        enable: (id: string, call: Call = {}): Promise<void> =>
          runWithin(context, call, (scoped, caller) => setDisabled(scoped, id, false, caller)),
        /** The user and everything of theirs. */
        delete: (id: string, call: Call = {}): Promise<void> =>
          runWithin(context, call, (scoped, caller) => deleteUser(scoped, id, caller))
      },
      sessions: {
        /** Ends every session of the user, those of sign-ins in flight too. */
        endAll: (userId: string, call: Call = {}): Promise<void> =>
          runWithin(context, call, async (scoped, caller) => {
            await endAllSessions(scoped, userId, 'admin', caller)
          })
      }
    }
  }
})
