/**
 * One paid request, top to bottom. Each step takes what the step above returned, so that the order
 * cannot be wrong: nothing reaches an upstream that has not been admitted, and nothing that has been
 * admitted ends without being settled.
 */
import { newRequestId } from '../lib/ids.ts'
import { admit, type Admitted } from './admit.ts'
import { answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import type { GatewayDeps } from './deps.ts'
import { failed, refuseWhileDraining } from './fail.ts'
import { parse, type Target } from './parse.ts'
import { relay, type Relayed } from './relay.ts'
import { route } from './route.ts'
import { isEventStream, stream } from './stream.ts'

/** Serves one paid request. Never throws: every failure is an answer in the caller's dialect. */
export async function serve(request: Request, target: Target, deps: GatewayDeps): Promise<Response> {
  const requestId = newRequestId()
  let admitted: Admitted | null = null
  try {
    refuseWhileDraining(deps)
    const key = authenticate(request, deps.keys)
    const call = await parse(request, target, key, deps.catalog)
    const [deployment] = route(call.model, key.region, deps.deployments)
    admitted = await admit(requestId, key, call, deps)
    const relayed = await relay(request, admitted, deployment, deps)
    return isStreamed(relayed) ? stream(relayed, deps) : await answer(relayed, deps)
  } catch (error) {
    return failed(error, { requestId, dialect: target.endpoint.dialect, admitted }, deps)
  }
}

/** An upstream that answers a streamed call in one piece is metered as one piece. Gemini streams may be JSON arrays. */
const isStreamed = ({ admitted: { call }, upstream }: Relayed): boolean =>
  call.asked.streamed && upstream.status === 200 && (call.endpoint.dialect.name === 'genai' || isEventStream(upstream))
