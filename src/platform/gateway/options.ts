/** The options of a gateway. */
import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { ConnectionRefusal } from "../http/connection-set.ts";
import type { DescriptorBudget } from "../http/descriptors.ts";
import type { RequestTimeouts } from "../http/server-options.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import type { AdmissionOptions } from "./admission.ts";
import type { AnsweredRequest, RequestedFunction } from "./answered-request.ts";
import type { GatewayTls } from "./listener/certificates.ts";
import type { Route } from "./routing.ts";

/** A function's name and the name of its app. */
export type FunctionName = Pick<Route, "app" | "function">;

export interface GatewayOptions extends RequestTimeouts, AdmissionOptions {
	/** The instance that serves a function now; see `FindInstance` in instances.ts. */
	instance(app: string, name: string): ServingInstance | undefined | Promise<ServingInstance | undefined>;
	/**
	 * Called when a request to a function has its response, from the function or from the gateway, and when a
	 * connection is upgraded.
	 */
	onAnswer?(
		route: Pick<Route, "app" | "function" | "firstDeployment">,
		answer: { status: number; ms: number },
	): void;
	/**
	 * Called when a request to an app has its response, from the function or from the gateway, even if the app has no
	 * function of that name.
	 * @param instance the instance that got the request; undefined if none did
	 */
	onRequest?(
		requested: RequestedFunction,
		request: AnsweredRequest,
		instance: ServingInstance | undefined,
	): void;
	/**
	 * Called from time to time with the number of requests to a function for which `onRequest` was not called, because
	 * there were too many (`tracking/logging-budget.ts`).
	 */
	onUnlogged?(requested: RequestedFunction, count: number): void;
	/** Called for each connection that a limit refuses, and for each request that a function's limit refuses. */
	onRefused?(reason: ConnectionRefusal | "function"): void;
	/** Called for an invalid response of a function. @param fault a description that quotes no part of the response */
	onInvalidAnswer?(route: FunctionName, fault: string): void;
	/** Handles exceptions of callbacks. By default one that logs nothing. */
	faults?: FaultBoundary;
	/** The certificates, with which the gateway speaks HTTP/1.1 and HTTP/2 over TLS. Without them: HTTP/1.1 without TLS. */
	tls?: GatewayTls | undefined;
	/** Limits on connections and requests. By default derived from this process's limit on open files. */
	limits?: Pick<DescriptorBudget, "gateway" | "functions">;
}
