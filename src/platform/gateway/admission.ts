/** Checks a request before its function is started: it is well-formed, a function matches it, its body is not too large. */
import type { FunctionSettings } from "../../modules/function-settings.ts";
import { forwardedRequestHeaders } from "./headers.ts";
import type { ClientExchange } from "./http-server/client-exchange.ts";
import { notRunning, PROBLEMS, type Problem, problemOf, type RequestLimits } from "./problem.ts";
import { type FunctionsOf, matchRoute, type Route, withName } from "./routing.ts";
import { type AppsByHost, appOfHost } from "./syntax/host.ts";

type RequestSettings = Pick<FunctionSettings, "maxBodyMB" | "nameInPath" | "timeoutSeconds">;

const NO_HOSTS: AppsByHost = new Map();

export interface AdmissionOptions {
	/** The deployed functions, whether they run or not. */
	functions: FunctionsOf;
	/**
	 * Why the last version of a function failed, also of one that was never deployed; undefined if it did not fail. Only
	 * where the callers are the function's authors: the reason is sent to them.
	 */
	failure?: ((name: string) => string | undefined) | undefined;
	/** The app of all requests, whose paths then begin with the name of a function. By default the path names the app. */
	onlyApp?: string | undefined;
	/** The apps that have hosts of their own. The path of a request to such a host begins with the name of a function. */
	hosts?: AppsByHost;
	/** A function's own settings. The options below apply to limits that the function does not set. */
	settings?(app: string, name: string): RequestSettings | undefined;
	/** If set, clients use TLS. */
	tls?: unknown;
	/** Whether the peer is a proxy whose `x-forwarded-*` headers can be trusted. Default: false. */
	trustForwarded?: boolean;
	/** The time limit until the response begins. Default: 150,000. */
	responseTimeoutMs?: number;
	/** The largest request body. Default: 100 MiB. */
	maxBodyBytes?: number;
}

/** The function that gets a request; or the problem to respond with. */
export type Admission =
	| { readonly route: Route; readonly limits: RequestLimits }
	| {
			readonly route: undefined;
			readonly problem: Problem;
			/** The function that the request was for, or only the app if it has no such function. */
			readonly requested?: Route | { readonly app: string } | undefined;
	  };

function knownFunctions({ failure, functions }: AdmissionOptions): FunctionsOf {
	if (failure === undefined) return functions;
	return (app) => {
		const deployed = functions(app);
		return (
			deployed && {
				has: (name) => deployed.has(name) || failure(name) !== undefined,
				get: (name) => deployed.get?.(name),
			}
		);
	};
}

export class Admissions {
	readonly #options: AdmissionOptions;
	/** The deployed functions, and those whose first version failed. */
	readonly #known: FunctionsOf;
	readonly #maxBodyBytes: number;
	readonly #responseTimeoutMs: number;

	constructor(options: AdmissionOptions) {
		this.#options = options;
		this.#known = knownFunctions(options);
		this.#maxBodyBytes = options.maxBodyBytes ?? 100 * 1024 * 1024;
		this.#responseTimeoutMs = options.responseTimeoutMs ?? 150_000;
	}

	/** Checks a request. */
	check(client: ClientExchange): Admission {
		const { isMalformed, length = 0, target } = client;
		const { failure, hosts = NO_HOSTS, onlyApp } = this.#options;
		const named = onlyApp === undefined ? appOfHost(hosts, client) : { app: onlyApp };
		if (isMalformed || named === "ambiguous") return { route: undefined, problem: PROBLEMS.malformed };
		const routing = matchRoute(target, this.#known, named.app);
		const { route: matched } = routing;
		if (matched === undefined) {
			const { app, reason } = routing;
			const requested = app === undefined ? undefined : { app };
			return { route: undefined, problem: PROBLEMS[reason], requested };
		}
		const why = failure?.(matched.function);
		if (why !== undefined && this.#options.functions(matched.app)?.has(matched.function) !== true)
			return {
				route: undefined,
				problem: notRunning(matched.function, why),
				requested: { app: matched.app },
			};
		const settings = this.#options.settings?.(matched.app, matched.function) ?? {};
		const route = settings.nameInPath === true ? withName(matched) : matched;
		const limits = this.#limits(settings);
		if (length <= limits.bodyBytes) return { route, limits };
		const problem = problemOf(PROBLEMS.tooLarge, route.function, limits);
		return { route: undefined, problem, requested: route };
	}

	/** The headers that the function gets. */
	headersFor({ address, headers }: ClientExchange, route: Route, requestId: string): string[] {
		const isTrusted = this.#options.trustForwarded ?? false;
		const prefix = route.removed ?? route.prefix;
		const scheme = this.#options.tls === undefined ? "http" : "https";
		return forwardedRequestHeaders(headers, { address, prefix, requestId, isTrusted, scheme });
	}

	#limits({ maxBodyMB, timeoutSeconds }: RequestSettings): RequestLimits {
		return {
			bodyBytes: maxBodyMB === undefined ? this.#maxBodyBytes : maxBodyMB * 1024 * 1024,
			timeoutMs: timeoutSeconds === undefined ? this.#responseTimeoutMs : timeoutSeconds * 1000,
		};
	}
}
