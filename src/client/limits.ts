/** How long the client waits for what, and how often it tries. Milliseconds, unless told. */

/** No timer is longer (HTML, timers): beyond it `setTimeout` fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** Two of these fit into the server's grace: a refresh whose answer was lost is repeated in time. */
export const ANSWER_WITHIN = 10_000

export const REFRESH_TRIES = 4
/** Seconds. A server that asks for more is not waited for. */
export const LONGEST_PAUSE = 5
export const REFRESH_AGAIN_AFTER = 30_000

/** Longer than a refresh with all its tries, unless its tab was frozen with the lock in hand. */
export const LOCK_WITHIN = 60_000
/** Where there are no locks: how often a tab looks whether it is its turn, which it takes after `ANSWER_WITHIN`. */
export const LOOK_EVERY = 100

/** Of a tab and its duplicates, about who has newer tokens. */
export const COPIES_ANSWER_WITHIN = 100

/** Twice: what another tab hands over after a long sleep may have expired as well. */
export const FETCH_REPEATS = 2
