/** What the control plane does with events of the data plane that belong to no single instance. */
import type { ConnectionRefusal } from "../../http/connection-set.ts";
import type { LineMessage } from "../messages.ts";
import type { Report } from "../report.ts";
import type { RemoteInstance } from "./remote-instance.ts";

export interface DataPlaneEvents {
	/**
	 * The instance that serves a function now. Starts an idle function.
	 * @returns undefined if the function does not run
	 * @throws AppError `PLATFORM_FULL`
	 */
	ensure(app: string, name: string): Promise<RemoteInstance | undefined>;
	/** Lines of functions for their logs. */
	lines(lines: readonly LineMessage[]): void;
	/** Finished requests. @param find an instance, which may have ended */
	report(report: Report, find: (instance: string) => RemoteInstance | undefined): void;
	/** A limit refused a connection or a request. */
	refused(reason: ConnectionRefusal | "function"): void;
}
