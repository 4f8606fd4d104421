/** What is asked of a request before anybody is asked for it: that it is one, whose it is, and that it is not too large. */
import type { IncomingMessage } from "node:http";
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { faultOf } from "../http/strict-request.ts";
import { forwardedRequestHeaders } from "./headers.ts";
import { type Bounds, PROBLEMS, type Problem, problemOf } from "./problem.ts";
import { type FunctionsOf, matchRoute, type Route } from "./routing.ts";

export interface AdmissionOptions {
	/** The functions that are deployed, started or not. */
	functions: FunctionsOf;
	/** What a function says about its requests; what it leaves out is as below. */
	settings?(app: string, name: string): Pick<FunctionSettings, "maxBodyMB" | "timeoutSeconds"> | undefined;
	/** Whether the peer is a proxy whose `x-forwarded-*` headers are true. False unless told. */
	trustForwarded?: boolean;
	/** How long a function may take to begin its response. 150,000 unless told. */
	responseTimeoutMs?: number;
	/** Larger request bodies are refused. 100 MiB unless told. */
	maxBodyBytes?: number;
}

/** Where a request goes; or the problem that it is answered with, where it is answered at all. */
export type Admission =
	| { readonly route: Route; readonly bounds: Bounds }
	| {
			readonly route: undefined;
			readonly problem: Problem | undefined;
			/** The function that it was for, or the app that has no such function. */
			readonly of?: Route | { readonly app: string } | undefined;
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

	/** To be asked once for each request, in the order in which they came on a connection. */
	check(request: IncomingMessage): Admission {
		const { headers, url = "" } = request;
		const fault = faultOf(request);
		if (fault !== undefined) {
			return { route: undefined, problem: fault === "malformed" ? PROBLEMS.malformed : undefined };
		}
		const { route, ...routing } = matchRoute(url, this.#options.functions);
		if (route === undefined) {
			const { app, reason } = { reason: "unknown" as const, app: undefined, ...routing };
			return { route, problem: PROBLEMS[reason], of: app === undefined ? undefined : { app } };
		}
		const bounds = this.#bounds(route);
		if (Number(headers["content-length"] ?? 0) <= bounds.bodyBytes) return { route, bounds };
		const problem = problemOf(PROBLEMS.tooLarge, route.function, bounds);
		return { route: undefined, problem, of: route };
	}

	/** The headers that the function gets. */
	headersFor(request: IncomingMessage, { prefix }: Route, requestId: string): string[] {
		const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
		const isTrusted = this.#options.trustForwarded ?? false;
		return forwardedRequestHeaders(request.rawHeaders, { address, prefix, requestId, isTrusted });
	}

	#bounds({ app, function: name }: Route): Bounds {
		const { maxBodyMB, timeoutSeconds } = this.#options.settings?.(app, name) ?? {};
		return {
			bodyBytes: maxBodyMB === undefined ? this.#maxBodyBytes : maxBodyMB * 1024 * 1024,
			timeoutMs: timeoutSeconds === undefined ? this.#responseTimeoutMs : timeoutSeconds * 1000,
		};
	}
}
