import authPlugin from 'fastify-gatehouse'
import { walk } from './walk.mjs'

await walk(authPlugin)
