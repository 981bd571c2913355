import { expect, test } from 'bun:test'
import { answerFrom, toolsAskedFor } from './tool-choice.ts'

const tools = [
  { name: 'get_weather', description: 'Current temperature in a city.' },
  { name: 'multiplyNumbers', description: 'Multiplies two numbers.' },
  { name: 'lookup_order', description: null },
  { name: 'search' },
]
const askedFor = (prompt: string): readonly string[] => toolsAskedFor(tools, prompt).map(({ name }) => name)

test('a tool is asked for by its name’s words or by two of its description', () => {
  expect(askedFor('What is the weather in Paris?')).toEqual(['get_weather'])
  expect(askedFor('Which temperature does the city of Rome have?')).toEqual(['get_weather'])
  expect(askedFor('Multiply 3 by 4.')).toEqual(['multiplyNumbers'])
  expect(askedFor('Where are my orders?')).toEqual(['lookup_order'])
  expect(askedFor('Search for whales.')).toEqual(['search'])
})

test('a prompt about something else asks for none', () => {
  expect(askedFor('Write a poem about the sea.')).toEqual([])
  expect(askedFor('Get me the current list of all users.')).toEqual([])
  expect(askedFor('')).toEqual([])
})

test('results are put into words: texts, numbers, objects, lists', () => {
  const said = (result: string): string => answerFrom([{ name: 'f', result }])
  expect(said('21 degrees')).toBe('According to f, 21 degrees.')
  expect(said('{"temperature":21,"skyColor":"blue","tags":["a","b"]}')).toBe(
    'According to f, temperature is 21, sky color is blue and tags are a and b.',
  )
  expect(said('{"result":{"ok":true}}')).toBe('According to f, ok is true.')
  expect(said('')).toBe('According to f, nothing came back.')
  expect(said('x'.repeat(5_000)).length).toBeLessThan(500)
  expect(answerFrom([])).toBe('')
})
