/** What a gateway is made with. */

import type { FaultBoundary } from "../faults/error-boundary.ts";
import type { ConnectionRefusal } from "../http/connections.ts";
import type { DescriptorBudget } from "../http/descriptors.ts";
import type { Patience } from "../http/server-options.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { AdmissionOptions } from "./admission.ts";
import type { AnsweredRequest, RequestedOf } from "./answered-request.ts";
import type { Route } from "./routing.ts";

/** The name of a function, with its app's. */
export type FunctionName = Pick<Route, "app" | "function">;

export interface GatewayOptions extends Patience, AdmissionOptions {
	/**
	 * The instance that serves a function now; starts one where none is running. Undefined where that cannot
	 * be done, and a rejection where starting it failed: `PLATFORM_FULL` where there is no room for it.
	 */
	instance(app: string, name: string): Instance | undefined | Promise<Instance | undefined>;
	/** Called once a request to a function is answered, be it by the gateway; and once a connection is upgraded. */
	onAnswer?(route: Pick<Route, "app" | "function" | "began">, answer: { status: number; ms: number }): void;
	/** Called once a request to an app is answered, be it by the gateway, and whether or not there is such a function. */
	onRequest?(of: RequestedOf, request: AnsweredRequest): void;
	/** Called for each connection, and each request (`function`), that a bound refuses. */
	onRefused?(why: ConnectionRefusal | "function"): void;
	/** Called where a function's answer was none. @param fault what was wrong, in words that hold nothing of the answer */
	onInvalidAnswer?(route: FunctionName, fault: string): void;
	/** Where exceptions end. One that logs nothing unless told. */
	faults?: FaultBoundary;
	/** Bounds on connections and requests. By this process's bound on open files unless told. */
	limits?: Pick<DescriptorBudget, "gateway" | "functions">;
}
