/** Keeps what became of each request: for the function that it was for, or for the app that has no such function. */
import type { Apps } from "./apps.ts";
import type { Clock } from "./clock.ts";
import type { AnsweredRequest, RequestedOf } from "./gateway/accounts.ts";
import { type FunctionLogs, NO_FUNCTION, type RequestLine } from "./logs/function-logs.ts";

export interface RequestLogPorts {
	readonly apps: Pick<Apps, "find">;
	readonly clock: Pick<Clock, "now">;
	readonly logs: Pick<FunctionLogs, "requests">;
}

/** A request as it is kept. @param nowMs milliseconds since 1970 */
function lineOf({ ms, ...request }: AnsweredRequest, nowMs: number): RequestLine {
	return { time: new Date(nowMs).toISOString(), ...request, ms: Math.round(ms * 10) / 10 };
}

/** What keeps a request. One to a function that was deleted meanwhile is not kept. */
export function requestLog({
	apps,
	clock,
	logs,
}: RequestLogPorts): (of: RequestedOf, request: AnsweredRequest) => void {
	return ({ app: id, began, function: name }, request) => {
		const app = apps.find(id);
		if (app === undefined) return;
		const line = lineOf(request, clock.now());
		if (name === undefined) logs.requests.append(app.life, NO_FUNCTION, line);
		else if (app.lifeOf(name)?.function === began) logs.requests.append(app.life, began ?? name, line);
	};
}
