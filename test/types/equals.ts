/** True when the two are the same type: `any` equals nothing but itself. */
export type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only when what it is given is true. */
export function pin<_Fact extends true>(): void {}
