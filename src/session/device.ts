import bowser from 'bowser'

/** A name that a person knows their device by, such as `Firefox on Windows`. Null when the header says nothing that we know. */
export function deviceName(userAgent: string | null): string | null {
  // The parser throws at an empty text.
  if (userAgent === null || userAgent === '') return null
  const { browser, os } = bowser.parse(userAgent)
  if (browser.name && os.name) return `${browser.name} on ${os.name}`
  return browser.name || os.name || null
}
