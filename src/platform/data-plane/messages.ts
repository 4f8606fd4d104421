/**
 * The messages between the control plane and the data plane. The control plane is the platform's own process: store,
 * control API, builds and decisions. The data plane is the process that holds the functions' processes and the gateways.
 */
import type { Contract } from "../channel/channel.ts";
import type { FaultOrigin } from "../faults/error-boundary.ts";
import type { Cron, CronOutcome } from "../functions/crons.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { ConnectionRefusal } from "../http/connection-set.ts";
import type { LogLine } from "../logs/function-logs.ts";
import type { ExitReason, Launch, Runtime, StuckReport } from "../runtime/runtime.ts";
import type { Report } from "./report.ts";
import type { RoutesUpdate } from "./routes.ts";

/**
 * The version of these messages. A control plane replaces a data plane of another version. `hello` and `close` are the
 * same in all versions.
 */
export const PROTOCOL = 4;

/** The result of `hello`: the state of a data plane, which a control plane takes over. */
export interface Welcome {
	readonly protocol: number;
	/** The hash of the configuration that the data plane was started with. */
	readonly configuration: string;
	/** The port of the gateways. Undefined if they do not listen yet. */
	readonly port: number | undefined;
	/** The version of Coffer that the data plane was started by. */
	readonly version: string;
	readonly running: readonly RunningInstance[];
	readonly network: Runtime["network"];
	readonly limits: Runtime["limits"];
}

/** A start of a function. The body is the code, then the source map. */
export interface LaunchMessage {
	/** Chosen by the control plane. No other instance ever has it. */
	readonly instance: string;
	readonly app: string;
	readonly function: string;
	readonly deployment: string;
	readonly lifetime: FunctionLifetime | undefined;
	readonly codeBytes: number;
	readonly hasSourceMap: boolean;
	readonly files: readonly (readonly [path: string, hash: string])[] | undefined;
	/** The values of secrets are among these. */
	readonly environment: readonly (readonly [name: string, value: string])[];
	readonly settings: Launch["settings"];
	readonly observesReads: boolean;
	/** A text for the control plane that takes the instance over. */
	readonly note: string | undefined;
}

/** A started instance. */
export interface InstanceMessage {
	readonly pid: number;
	readonly socketPath: string;
	readonly crons: readonly Cron[];
}

/** An instance that another control plane started. */
export interface RunningInstance extends InstanceMessage {
	readonly launch: LaunchMessage;
	/** The environment variables that it has read. */
	readonly reads: readonly string[];
	readonly isOnProbation: boolean;
	readonly activity: Activity;
}

/** Whether an instance serves requests. */
export interface Activity {
	readonly inFlight: number;
	/** When the last request began or ended, in milliseconds of the system's monotonic clock (`system-clock.ts`). */
	readonly lastActiveMs: number;
}

/** The instance that the gateway asked for. */
export interface EnsuredInstance {
	/** Undefined if the function does not run. */
	readonly instance: string | undefined;
}

export interface LineMessage {
	/** The lifetime of the app. */
	readonly app: string;
	/** The lifetime of the function. */
	readonly lifetime: string;
	readonly name: string;
	readonly line: LogLine;
}

/** What the data plane offers. */
export interface DataPlaneContract extends Contract {
	readonly calls: {
		readonly hello: { in: { readonly protocol: number }; out: Welcome };
		readonly start: { in: LaunchMessage; out: InstanceMessage };
		/** Ends when the process has exited. If the instance is starting, its start ends, and `start` fails. */
		readonly stop: { in: { readonly instance: string; readonly graceMs: number | undefined }; out: null };
		/** Ends when each read of the process until now has been reported. */
		readonly settle: { in: { readonly instance: string }; out: null };
		readonly runCron: { in: { readonly instance: string; readonly name: string }; out: CronOutcome };
		readonly forget: { in: Parameters<Runtime["forget"]>[0]; out: null };
		readonly dropStore: { in: { readonly app: string }; out: null };
		readonly keepStores: { in: { readonly apps: readonly string[] }; out: null };
		/** Opens the listener of the gateways, unless it is open. */
		readonly listen: { in: null; out: { readonly host: string; readonly port: number } };
		/** Ends when every gateway routes requests accordingly. */
		readonly route: { in: RoutesUpdate; out: null };
		readonly closeGateways: { in: { readonly graceMs: number }; out: null };
		/** Stops everything. The process then ends. */
		readonly close: { in: null; out: null };
		/** Does nothing. Its answer shows that the process works. */
		readonly ping: { in: null; out: null };
	};
	readonly events: {
		/** The control plane sends a request to an instance, or does not any more. */
		readonly hold: { readonly instance: string };
		readonly release: { readonly instance: string };
		readonly answered: { readonly instance: string };
		readonly timedOut: { readonly instance: string };
		/** The instance is going to be replaced because it lacks a secret. */
		readonly supersede: { readonly instance: string };
		/** A line from the platform for the function's log. */
		readonly note: { readonly instance: string; readonly message: string };
		/**
		 * Functions may be served until this moment of the system's monotonic clock, unless a later moment follows. Without this
		 * event: for ever. Only one of several nodes sends it.
		 */
		readonly serve: { readonly untilMs: number };
	};
}

/** What the control plane offers. */
export interface ControlPlaneContract extends Contract {
	readonly calls: {
		/** The content of a file, as the body. */
		readonly readFile: { in: { readonly instance: string; readonly hash: string }; out: null };
		/** The instance that serves a function now. Starts an idle function. */
		readonly ensure: { in: { readonly app: string; readonly function: string }; out: EnsuredInstance };
		/** Ends when every event before it has been handled. */
		readonly sync: { in: null; out: null };
	};
	readonly events: {
		readonly exited: { readonly instance: string; readonly reason: ExitReason };
		readonly stuck: { readonly instance: string; readonly report: StuckReport };
		readonly read: { readonly instance: string; readonly variable: string };
		/** The first response of the instance has begun. */
		readonly answered: { readonly instance: string };
		readonly activity: { readonly instance: string } & Activity;
		readonly lines: readonly LineMessage[];
		/** Finished requests. */
		readonly report: Report;
		readonly refused: { readonly reason: ConnectionRefusal | "function" };
		readonly fault: { readonly origin: FaultOrigin };
		/** A line for the platform's log. */
		readonly log: {
			readonly level: "info" | "warn" | "error";
			readonly fields: Readonly<Record<string, unknown>>;
			readonly message: string;
		};
	};
}
