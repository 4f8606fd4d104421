/** Changes built-in modules of Node in place, because some ways to load them bypass import maps. */
import type Process from "node:process";
import { installServers } from "./servers.ts";
import { PROCESS, replaceOs, replaceReport } from "./system.ts";

/** Loads a built-in module by its name. */
export type Load = typeof Process.getBuiltinModule;

const SERVERS = new Set(["net", "http", "https", "tls", "http2"]);

/** Changes a module before it is used for the first time. Loading one takes long, so no module is loaded earlier. */
export function prepareModule(specifier: unknown, load: Load): void {
	const name = String(specifier).replace(/^node:/, "");
	if (SERVERS.has(name)) installServers(load("node:net"));
	if (name === "os") replaceOs(load("node:os"));
}

/** Replaces data of the machine in `process` with constants, and makes it return the changed modules. */
export function replaceProcess(process: typeof Process): void {
	const load = process.getBuiltinModule;
	if (load === getBuiltinModule) return;
	native = load;
	for (const [name, value] of Object.entries({ ...PROCESS, getBuiltinModule }))
		Object.defineProperty(process, name, { configurable: true, enumerable: true, writable: true, value });
	replaceReport(process.report);
	// The rest are the host's arguments.
	process.argv.length = 2;
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
