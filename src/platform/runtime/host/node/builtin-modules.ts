/** Changes built-in modules of Node in place, for the ways to load them that no import map covers. */
import type Process from "node:process";
import { installServers } from "./servers.ts";
import { PROCESS, replaceOs, replaceReport } from "./system.ts";

/** Loads a built-in module by its name. */
export type Load = typeof Process.getBuiltinModule;

const SERVERS = new Set(["net", "http", "https", "tls", "http2"]);

/** Changes a module before it is used for the first time. To load one takes long, so none is loaded before. */
export function prepareModule(specifier: unknown, load: Load): void {
	const name = String(specifier).replace(/^node:/, "");
	if (SERVERS.has(name)) installServers(load("node:net"));
	if (name === "os") replaceOs(load("node:os"));
}

/** Gives `process` constants in place of facts of the machine, and changed modules. */
export function replaceProcess(process: typeof Process): void {
	const load = process.getBuiltinModule;
	if (load === getBuiltinModule) return;
	native = load;
	for (const [name, value] of Object.entries({ ...PROCESS, getBuiltinModule }))
		Object.defineProperty(process, name, { configurable: true, enumerable: true, writable: true, value });
	replaceReport(process.report);
}

let native: Load | undefined;

function getBuiltinModule(name: string): object | undefined {
	if (native === undefined) return undefined;
	prepareModule(name, native);
	return native(name);
}

/** Changes `process` when it is first used. */
export function replaceGlobalProcess(): void {
	const descriptor = Object.getOwnPropertyDescriptor(globalThis, "process");
	const get = descriptor?.get;
	if (get === undefined) return void replaceProcess(globalThis.process);
	Object.defineProperty(globalThis, "process", {
		...descriptor,
		get() {
			const process: typeof Process = get.call(globalThis);
			replaceProcess(process);
			return process;
		},
	});
}
