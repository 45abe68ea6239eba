/** What one-time tokens hold. Nobody writes it but the functions here beside. */
import type { NewUser } from '../../store/index.ts'
import { json } from './columns.ts'
import type { Json } from './tables.ts'

/** A sign-up that waits for the proof of its address. */
export type Proposal = NewUser & { readonly email: string }

/** What a link that was asked for by the address alone would make: it is settled again when the link is used. */
export interface ProposalByAddress extends Proposal {
  readonly isByAddress: true
}

export interface AddressChange {
  readonly email: string
  /** The session that asked, which stays. */
  readonly sessionId: string | null
}

export function writePayload(payload: Proposal | ProposalByAddress | AddressChange): string {
  return JSON.stringify(payload)
}

export function readProposal(payload: Json): Proposal | ProposalByAddress {
  return json(payload) as unknown as Proposal | ProposalByAddress
}

export function readAddressChange(payload: Json): AddressChange {
  return json(payload) as unknown as AddressChange
}
