/** The modules that a build gets from the platform, and not from the upload. They come with Coffer. */
import { readFile } from "node:fs/promises";
import { hostPath } from "../machine/assets.ts";

/** @returns the module that stands in for std's `http/server.ts`, and others by their specifiers; texts */
export async function readProvidedModules(): Promise<{
	stdHttp: string;
	builtins: ReadonlyMap<string, string>;
}> {
	const read = (name: string) => readFile(hostPath(name), "utf8");
	return {
		stdHttp: await read("std-http.ts"),
		builtins: new Map([["base44:runtime", await read("base44.ts")]]),
	};
}
