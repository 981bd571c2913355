/** What tools that the upstream runs itself can add to the input of a chat. */

type Fields = Readonly<Record<string, unknown>>

/** What one search brings in; OpenAI counts 8,000 tokens for small models and states no limit for the others. */
const searchTokensMax = 32_768
/** What another tool of the upstream's, or a plugin of a compatible one, is expected to bring in at most. */
const otherTokensMax = 131_072

/** The most input tokens that the upstream's own tools are expected to add; functions and custom tools are the client's. */
export function toolTokensMax({ web_search_options: search, tools, plugins }: Fields): number {
  let tokens = search === undefined || search === null ? 0 : searchTokensMax
  if (Array.isArray(tools))
    for (const tool of tools as readonly (Fields | null)[]) if (isUpstreams(tool?.['type'])) tokens += otherTokensMax
  if (Array.isArray(plugins)) tokens += plugins.length * otherTokensMax
  return tokens
}

const isUpstreams = (type: unknown): boolean => typeof type === 'string' && type !== 'function' && type !== 'custom'
