/** Bugs for a platform's process. */
import type { SpawnOptions } from "node:child_process";

interface Modules {
	/** The store's driver. */
	readonly Database: { readonly prototype: { exec(sql: string): unknown } };
	readonly processes: { spawn: typeof import("node:child_process").spawn };
}

/** In the command of a process for a function: the socket over which the platform controls it. */
export const INSTANCE = /\/i\/\d+\/c\b/;

const COMMIT_AFTER_MS = 1_000;

/** Bugs that a changed line in the store or the runtime could cause. */
const PLANTINGS: Readonly<Record<string, (modules: Modules) => void>> = {
	"what is acknowledged is written later": ({ Database: { prototype } }) => {
		const { exec } = prototype;
		const open = new WeakSet<object>();
		prototype.exec = function (this: object, sql: string) {
			if (sql === "BEGIN IMMEDIATE") {
				if (open.has(this)) return this;
				open.add(this);
			} else if (sql === "COMMIT") {
				setTimeout(() => {
					if (open.delete(this)) exec.call(this as never, "COMMIT");
				}, COMMIT_AFTER_MS).unref();
				return this;
			}
			return exec.call(this as never, sql);
		};
	},
	"a process of a function outlives the platform": ({ processes }) => {
		const { spawn } = processes;
		processes.spawn = ((command: string, args: readonly string[], options: SpawnOptions) => {
			const instance = args.find((word) => INSTANCE.test(word));
			if (instance !== undefined)
				spawn("sh", ["-c", "while :; do sleep 1; done", instance], {
					cwd: "/",
					detached: true,
					stdio: "ignore",
				}).unref();
			return spawn(command, args, options);
		}) as typeof spawn;
	},
};

export const PLATFORM_PLANTS = Object.keys(PLANTINGS);

/** Plants a bug in this process. */
export function plantBug(name: string, modules: Modules): void {
	PLANTINGS[name]?.(modules);
}
