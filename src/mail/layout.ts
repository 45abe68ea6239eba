/** The two faces of a letter, from one set of sentences. */

export interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface Sentences {
  readonly subject: string
  readonly opening: string
  readonly button?: string
  readonly closing: string
}

interface Frame {
  readonly appName: string
  readonly link: string | null
  readonly minutes: number
}

export function layOut({ appName, link, minutes }: Frame, { subject, opening, button, closing }: Sentences): Letter {
  const validity = link === null ? [] : [`The link works once, for ${duration(minutes)}.`]
  const text = [opening, ...(link === null ? [] : [link]), ...validity, closing, appName].join('\n\n')
  const html = [
    paragraph(opening),
    ...(link === null ? [] : [action(link, button ?? subject)]),
    ...validity.map(paragraph),
    paragraph(closing),
    paragraph(appName)
  ].join('\n')
  return { subject, text: `${text}\n`, html: page(subject, html) }
}

/** Row 22, CVE-2022-31127: what anybody could have typed is text, never markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function duration(minutes: number): string {
  if (minutes < 120) return `${minutes} minutes`
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`
}

const paragraph = (text: string): string => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`

function action(link: string, label: string): string {
  const style =
    'display:inline-block;padding:12px 20px;border-radius:8px;background:#1f4fd8;color:#fff;text-decoration:none'
  return `<p style="margin:0 0 16px"><a href="${escapeHtml(link)}" style="${style}">${escapeHtml(label)}</a></p>`
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff">
<div style="max-width:480px;margin:0 auto">
${body}
</div>
</body>
</html>
`
}
