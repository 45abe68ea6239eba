/**
 * Storage did not answer: it is down, busy past every retry, or out of connections. Clients meet 503 `AUTH_UNAVAILABLE`,
 * never 401. An adapter throws it with the driver's error as `cause`; any other error of an adapter is a fault (500).
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}
