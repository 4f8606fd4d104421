/** Scans a WebAssembly module for its imports, which Deno and its bundler follow like the imports of a script. Pure. */

/** The part of the global `WebAssembly` that is used. Node's types do not declare it. */
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

/** @returns the modules that it imports from, or the reason why the module is not valid WebAssembly */
export function scanWasm(bytes: Uint8Array): {
	readonly imports: readonly string[];
	readonly fault?: string;
} {
	try {
		const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
		return { imports: [...new Set(imports.map(({ module }) => module))] };
	} catch (error) {
		if (!(error instanceof WebAssembly.CompileError)) throw error;
		return { imports: [], fault: error.message.replace(/^WebAssembly\.Module\(\): /, "") };
	}
}
