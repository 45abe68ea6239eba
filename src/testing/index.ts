/** For those who keep accounts elsewhere: the promises of a store as tests. */
export { type Contract, storeContract } from './store-contract.ts'
