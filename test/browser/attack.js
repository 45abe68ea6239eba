/** What a page of somebody else's can make a browser send to the house that it attacks. */

const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** Resolves when everything was tried. Nothing can be read of the answers, so that nothing is returned. */
export async function attackFromWithin(house, routes, body) {
  const json = JSON.stringify(body)
  for (const [method, path] of routes) {
    const url = house + path
    if (method === 'GET') await showImage(url)
    if (method === 'POST') {
      for (const type of FORM_TYPES) await submitForm(url, type, body)
      // Without a body there is no content type to be refused.
      await send(url, { method, mode: 'no-cors' })
      await send(url, { method, mode: 'no-cors', body: json })
      navigator.sendBeacon(url, json)
      navigator.sendBeacon(url)
    }
    await send(url, { method })
    if (method !== 'GET') await send(url, { method, headers: { 'content-type': 'application/json' }, body: json })
  }
}

/** Whether the page can read what the house tells its visitor. */
export async function canRead(url) {
  const response = await send(url, {})
  return response?.ok ?? false
}

/** Whether the page can listen to what the house tells its visitor by a WebSocket. */
export function canListen(url) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  return new Promise((resolve) => {
    socket.onmessage = () => resolve(true)
    socket.onclose = () => resolve(false)
  })
}

function send(url, init) {
  return fetch(url, { credentials: 'include', ...init }).catch(() => null)
}

async function showImage(url) {
  const image = new Image()
  const done = new Promise((resolve) => {
    image.onload = image.onerror = resolve
  })
  image.src = url
  await done
}

/** Into a frame, so that the page stays where it is. */
async function submitForm(action, enctype, fields) {
  const frame = document.createElement('iframe')
  frame.name = `frame ${document.querySelectorAll('iframe').length}`
  document.body.append(frame)
  const done = new Promise((resolve) => {
    frame.onload = resolve
  })
  makeForm({ method: 'post', action, enctype, target: frame.name }, fields).submit()
  await done
}

/** The address bar of the visitor is then that of the house, and its cookies its own. */
export function leave(method, action, fields) {
  // After this script has told that it is done.
  setTimeout(() => makeForm({ method, action, enctype: 'text/plain' }, fields).submit())
}

function makeForm(properties, fields) {
  const form = Object.assign(document.createElement('form'), properties)
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { name, value }))
  }
  document.body.append(form)
  return form
}
