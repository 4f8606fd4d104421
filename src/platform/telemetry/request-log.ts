/** Stores a line for each request: in the log of its function, or in the app's log if the app has no such function. */
import type { Apps } from "../apps/apps.ts";
import type { AnsweredRequest, RequestedFunction } from "../gateway/answered-request.ts";
import { type FunctionLogs, NO_FUNCTION, type RequestLine } from "../logs/function-logs.ts";
import type { Clock } from "../machine/clock.ts";

export interface RequestLogPorts {
	readonly apps: Pick<Apps, "find">;
	readonly clock: Pick<Clock, "now">;
	readonly logs: Pick<FunctionLogs, "requests">;
}

/** Times as text. Requests of the same millisecond share one text. */
class Times {
	#atMs = Number.NaN;
	#text = "";

	of(nowMs: number): string {
		if (nowMs !== this.#atMs) this.#text = new Date(nowMs).toISOString();
		this.#atMs = nowMs;
		return this.#text;
	}
}

/** Returns a function that stores a request. A request to a function that was deleted in the meantime is not stored. */
export function requestLog({
	apps,
	clock,
	logs,
}: RequestLogPorts): (of: RequestedFunction, request: AnsweredRequest) => void {
	const times = new Times();
	return (
		{ app: id, firstDeployment, function: name },
		{ atMs, bytes, id: requestId, method, ms, path, protocol, reason, status },
	) => {
		const app = apps.find(id);
		if (app === undefined) return;
		const line: RequestLine = {
			time: times.of(atMs ?? clock.now()),
			method,
			path,
			status,
			ms: Math.round(ms * 10) / 10,
			bytes,
			id: requestId,
			reason,
			protocol,
		};
		if (name === undefined) logs.requests.append(app.lifetimeId, NO_FUNCTION, line);
		else if (app.functionLifetime(name)?.function === firstDeployment)
			logs.requests.append(app.lifetimeId, firstDeployment ?? name, line);
	};
}
