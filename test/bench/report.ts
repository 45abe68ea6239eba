/** What is printed: a table for each question, and whether the goal was reached, which no exit code tells. */

export interface Row {
  readonly name: string
  readonly figures: Readonly<Record<string, string>>
  readonly goal?: Goal
}

export interface Goal {
  readonly text: string
  readonly reached: boolean
}

export const atMost = (ratio: number, limit: number, of: string): Goal => ({
  text: `${ratio.toFixed(2)} x ${of} (at most ${limit})`,
  reached: ratio <= limit
})

export const atLeast = (ratio: number, limit: number, of: string): Goal => ({
  text: `${ratio.toFixed(2)} x ${of} (at least ${limit})`,
  reached: ratio >= limit
})

export const micros = (value: number): string => `${value.toFixed(1)} \u00b5s`
export const millis = (value: number): string => `${value.toFixed(2)} ms`
export const rate = (value: number): string => `${Math.round(value)}/s`

export function print(title: string, rows: readonly Row[]): void {
  process.stdout.write(`\n${title}\n`)
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const lines = rows.map(({ name, figures, goal }) => [
    name,
    ...columns.map((column) => figures[column] ?? ''),
    goal === undefined ? '' : `${goal.reached ? 'reached' : 'MISSED '}  ${goal.text}`
  ])
  const table = [['', ...columns, 'goal'], ...lines]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  for (const line of table) {
    const cells = line.map((cell, column) =>
      column === 0 || column > columns.length ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
    process.stdout.write(`  ${cells.join('   ').trimEnd()}\n`)
  }
}
