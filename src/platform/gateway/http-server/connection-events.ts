/** What a connection of HTTP/1.1 tells the listener, and what it gets from it. */
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { ClientExchange } from "./client-exchange.ts";
import type { DeadlineTimes } from "./deadline.ts";

/** @typeParam Connection a connection of the server */
export interface ConnectionEvents<Connection> {
	readonly faults: FaultBoundary;
	readonly times: DeadlineTimes;
	/** Whether the server is closing. */
	readonly isEnding: () => boolean;
	/** Called with each request, in its turn. */
	readonly onExchange: (exchange: ClientExchange) => void;
	/** Called when an idle connection gets a request, and when it is idle again. */
	readonly onBusy: (connection: Connection) => void;
	readonly onIdle: (connection: Connection) => void;
	/** Called before the connection is closed because too much waits on it for too long. */
	readonly onCutOff: () => void;
	/** Called once, when the connection has closed. */
	readonly onClosed: (connection: Connection) => void;
}
