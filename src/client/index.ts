/** The client for browsers and Node. It imports nothing of the rest of the house. */
export { type AuthClient, createAuthClient } from './client.ts'
export { AuthClientError, type AuthClientErrorCode } from './error.ts'
export type { KeepName, TokenStore } from './keep.ts'
export type {
  AuthClientOptions,
  PasswordChange,
  SignedOutReason,
  SignInInput,
  SignUpInput,
  SignUpOutcome,
  User
} from './shapes.ts'
