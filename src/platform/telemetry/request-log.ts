/** Keeps what became of each request: for the function that it was for, or for the app that has no such function. */
import type { Apps } from "../apps/apps.ts";
import type { AnsweredRequest, RequestedFunction } from "../gateway/answered-request.ts";
import { type FunctionLogs, NO_FUNCTION, type RequestLine } from "../logs/function-logs.ts";
import type { Clock } from "../machine/clock.ts";

export interface RequestLogPorts {
	readonly apps: Pick<Apps, "find">;
	readonly clock: Pick<Clock, "now">;
	readonly logs: Pick<FunctionLogs, "requests">;
}

/** Times as text; requests of one millisecond share one. */
class Times {
	#atMs = Number.NaN;
	#text = "";

	of(nowMs: number): string {
		if (nowMs !== this.#atMs) this.#text = new Date(nowMs).toISOString();
		this.#atMs = nowMs;
		return this.#text;
	}
}

/** What keeps a request. One to a function that was deleted meanwhile is not kept. */
export function requestLog({
	apps,
	clock,
	logs,
}: RequestLogPorts): (of: RequestedFunction, request: AnsweredRequest) => void {
	const times = new Times();
	return ({ app: id, began, function: name }, { bytes, id: requestId, method, ms, path, reason, status }) => {
		const app = apps.find(id);
		if (app === undefined) return;
		const line: RequestLine = {
			time: times.of(clock.now()),
			method,
			path,
			status,
			ms: Math.round(ms * 10) / 10,
			bytes,
			id: requestId,
			reason,
		};
		if (name === undefined) logs.requests.append(app.life, NO_FUNCTION, line);
		else if (app.lifeOf(name)?.function === began) logs.requests.append(app.life, began ?? name, line);
	};
}
