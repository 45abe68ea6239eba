const authPlugin = require('fastify-gatehouse')

void import('./walk.mjs').then(({ walk }) => walk(authPlugin))
