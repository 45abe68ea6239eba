/** Undefined for what is not JSON, such as a proxy's page or another program's entry in the storage. */
export function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text)
  } catch {}
}
