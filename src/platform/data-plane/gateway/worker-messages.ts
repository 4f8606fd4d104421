/** The messages between the data plane and its gateway processes, which are its child processes. */
import type { EncodedError } from "../../channel/remote-error.ts";
import type { ConnectionRefusal } from "../../http/connection-set.ts";
import type { GatewayConfiguration } from "../configuration.ts";
import type { Report } from "../report.ts";
import type { RoutesUpdate } from "../routes.ts";

/** The activity of an instance in one gateway. */
export interface GatewayActivity {
	readonly instance: string;
	readonly inFlight: number;
}

/** A message to a gateway. */
export type ToGateway =
	/** The first message. The gateway listens then. */
	| { readonly type: "begin"; readonly configuration: GatewayConfiguration; readonly routes: RoutesUpdate }
	/** Functions may be served until this moment of the system's monotonic clock. */
	| { readonly type: "serve"; readonly untilMs: number }
	/** Answered by `done`. */
	| { readonly type: "route"; readonly call: number; readonly update: RoutesUpdate }
	/** The instance gets no further request. Answered by `drained`. */
	| { readonly type: "retire"; readonly instance: string }
	| { readonly type: "gone"; readonly instance: string }
	| { readonly type: "supersede"; readonly instance: string }
	/** The answer to `ensure`. */
	| {
			readonly type: "ensured";
			readonly call: number;
			readonly instance?: string;
			readonly error?: EncodedError;
	  }
	/** The answer to `settle`. */
	| { readonly type: "settled"; readonly call: number }
	/** Answered by the end of the process. */
	| { readonly type: "close"; readonly graceMs: number };

/** A message of a gateway. */
export type FromGateway =
	| { readonly type: "hello" }
	| { readonly type: "listening"; readonly host: string; readonly port: number }
	/** It cannot listen. */
	| { readonly type: "failed"; readonly error: EncodedError }
	| { readonly type: "done"; readonly call: number }
	/** An update could not be applied, because others before it are missing. Answered by a snapshot. */
	| { readonly type: "behind" }
	| { readonly type: "activity"; readonly changed: readonly GatewayActivity[] }
	| { readonly type: "drained"; readonly instance: string }
	| { readonly type: "ensure"; readonly call: number; readonly app: string; readonly function: string }
	/** Answered when each read of the instance has been reported, and a replacement that follows from it has begun. */
	| { readonly type: "settle"; readonly call: number; readonly instance: string }
	| { readonly type: "answered"; readonly instance: string }
	| { readonly type: "timedOut"; readonly instance: string }
	| { readonly type: "report"; readonly report: Report }
	| { readonly type: "refused"; readonly reason: ConnectionRefusal | "function" }
	| { readonly type: "fault"; readonly origin: "gateway" | "process" }
	| {
			readonly type: "log";
			readonly level: "info" | "warn" | "error";
			readonly fields: Readonly<Record<string, unknown>>;
			readonly message: string;
	  };
