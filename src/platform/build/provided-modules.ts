/** The modules that the platform provides to a build. They are part of Coffer, and not of the upload. */
import { readFile } from "node:fs/promises";
import { hostPath } from "../machine/assets.ts";

/** @returns the text of the module that replaces std's `http/server.ts`, and the texts of other modules by specifier */
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
