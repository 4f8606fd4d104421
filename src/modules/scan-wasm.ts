/** Scans a WebAssembly module for its imports, which Deno and its bundler follow as those of a script. Pure. */
import type { ModuleScan } from "./scan.ts";

/** The part of the global object that is used. The types of Node do not have its values. */
interface WithWebAssembly {
	readonly WebAssembly: {
		readonly CompileError: new () => Error;
		readonly Module: {
			new (bytes: Uint8Array): object;
			imports(module: object): readonly { readonly module: string }[];
		};
	};
}

const { WebAssembly } = globalThis as unknown as WithWebAssembly;

/** @returns the modules that it imports from, or a fault if it is no valid WebAssembly */
export function scanWasm(bytes: Uint8Array): ModuleScan {
	const empty = { requests: [], patterns: [], files: [], comments: [] };
	try {
		const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
		const names = [...new Set(imports.map(({ module }) => module))];
		const requests = names.map((specifier) => ({ specifier, line: 1, form: "module" as const }));
		return { ...empty, requests, fault: undefined };
	} catch (error) {
		if (!(error instanceof WebAssembly.CompileError)) throw error;
		return { ...empty, fault: { message: error.message.replace(/^WebAssembly\.Module\(\): /, ""), line: 1 } };
	}
}
