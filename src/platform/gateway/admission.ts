/** Checks a request before its function is started: it is well-formed, a function matches it, its body is not too large. */
import type { IncomingMessage } from "node:http";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { faultOf } from "../http/strict-request.ts";
import { forwardedRequestHeaders } from "./headers.ts";
import { PROBLEMS, type Problem, problemOf, type RequestLimits } from "./problem.ts";
import { type FunctionsOf, matchRoute, type Route, withName } from "./routing.ts";

type RequestSettings = Pick<FunctionSettings, "maxBodyMB" | "nameInPath" | "timeoutSeconds">;

export interface AdmissionOptions {
	/** The deployed functions, whether they run or not. */
	functions: FunctionsOf;
	/** The app of all requests, whose paths then begin with the name of a function. By default the path names the app. */
	onlyApp?: string | undefined;
	/** A function's own settings. The options below apply to limits that the function does not set. */
	settings?(app: string, name: string): RequestSettings | undefined;
	/** Whether the peer is a proxy whose `x-forwarded-*` headers can be trusted. Default: false. */
	trustForwarded?: boolean;
	/** The time limit until the response begins. Default: 150,000. */
	responseTimeoutMs?: number;
	/** The largest request body. Default: 100 MiB. */
	maxBodyBytes?: number;
}

/** The function that gets a request; or the problem to respond with. If both are undefined, there is no response. */
export type Admission =
	| { readonly route: Route; readonly limits: RequestLimits }
	| {
			readonly route: undefined;
			readonly problem: Problem | undefined;
			/** The function that the request was for, or only the app if it has no such function. */
			readonly requested?: Route | { readonly app: string } | undefined;
	  };

export class Admissions {
	readonly #options: AdmissionOptions;
	readonly #maxBodyBytes: number;
	readonly #responseTimeoutMs: number;

	constructor(options: AdmissionOptions) {
		this.#options = options;
		this.#maxBodyBytes = options.maxBodyBytes ?? 100 * 1024 * 1024;
		this.#responseTimeoutMs = options.responseTimeoutMs ?? 150_000;
	}

	/** Checks a request. Call it once for each request, in the order in which requests arrive on a connection. */
	check(request: IncomingMessage): Admission {
		const { headers, url = "" } = request;
		const fault = faultOf(request);
		if (fault !== undefined) {
			return { route: undefined, problem: fault === "malformed" ? PROBLEMS.malformed : undefined };
		}
		const { route: matched, ...routing } = matchRoute(url, this.#options.functions, this.#options.onlyApp);
		if (matched === undefined) {
			const route = undefined;
			const { app, reason } = { reason: "unknown" as const, app: undefined, ...routing };
			return { route, problem: PROBLEMS[reason], requested: app === undefined ? undefined : { app } };
		}
		const settings = this.#options.settings?.(matched.app, matched.function) ?? {};
		const route = settings.nameInPath === true ? withName(matched) : matched;
		const limits = this.#limits(settings);
		if (Number(headers["content-length"] ?? 0) <= limits.bodyBytes) return { route, limits };
		const problem = problemOf(PROBLEMS.tooLarge, route.function, limits);
		return { route: undefined, problem, requested: route };
	}

	/** The headers that the function gets. */
	headersFor(request: IncomingMessage, route: Route, requestId: string): string[] {
		const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
		const isTrusted = this.#options.trustForwarded ?? false;
		const prefix = route.removed ?? route.prefix;
		return forwardedRequestHeaders(request.rawHeaders, { address, prefix, requestId, isTrusted });
	}

	#limits({ maxBodyMB, timeoutSeconds }: RequestSettings): RequestLimits {
		return {
			bodyBytes: maxBodyMB === undefined ? this.#maxBodyBytes : maxBodyMB * 1024 * 1024,
			timeoutMs: timeoutSeconds === undefined ? this.#responseTimeoutMs : timeoutSeconds * 1000,
		};
	}
}
