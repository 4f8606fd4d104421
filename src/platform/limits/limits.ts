/**
 * The interface of the drivers that limit functions' processes to a share of the machine. There are three drivers:
 * control groups of version 2 (`cgroup2.ts`) and of version 1 (`cgroup1.ts`), and a lower priority for systems without
 * control groups (`priority.ts`).
 */

/** The resources that a driver can limit. `rlimits.ts` sets further limits for each process. */
export const RESOURCES = ["processor", "processes", "memory"] as const;
export type Resource = (typeof RESOURCES)[number];

/** The app that a process belongs to, with the limits of the process. */
export interface ProcessOwner {
	readonly app: string;
	/** The limit of the process's total memory. */
	readonly memoryMiB: number;
	/** Called with a one-line reason if the system ended the process because of a limit. */
	readonly onExceeded: (why: string) => void;
}

/** A process with all of its threads and descendants. */
export interface LimitedProcess {
	/** Resolves once the limits apply to the process. Never rejects. No code of a function may run in the process before. */
	readonly applied: Promise<void>;
	/** Assigns the process to an app. All processes of an app share the app's limits. Call it at most once. */
	assign(owner: ProcessOwner): void;
	/** Reports that the process serves requests. */
	startedServing(): void;
	/** Kills the descendants of an ended process and removes its groups. Never rejects. */
	remove(): Promise<void>;
}

export interface Limits {
	/** The driver's name in the platform's log. */
	readonly driver: "cgroup v2" | "cgroup v1" | "priority";
	/** The resources that the driver limits on this system. */
	readonly bounded: ReadonlySet<Resource>;
	/**
	 * Limits a process that was just spawned. Never throws. Errors go to `onFailure`.
	 * @param pid -1 if the process could not be spawned
	 * @param app the app of the process; undefined if it is not known yet
	 */
	add(pid: number, app: string | undefined): LimitedProcess;
	/** Kills all processes and removes all groups. */
	close(): Promise<void>;
}

export interface LimitsOptions {
	/** The platform's own directory. No other running platform uses it, so it identifies the leftovers of an earlier start. */
	readonly directory: string;
	/** Called if a process cannot be limited, or its groups cannot be removed. The process continues with a lower priority. */
	readonly onFailure: (error: unknown) => void;
}
