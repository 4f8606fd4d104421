/** A project in memory. */
import { configurationFor } from "../../../src/modules/configuration.ts";
import type { ManifestPort } from "../../../src/modules/packages/manifests.ts";
import { resolveImport } from "../../../src/modules/packages/resolve-import.ts";

export type Files = Readonly<Record<string, string | object>>;

/** A workspace member. */
export const LIB: Files = {
	"packages/lib/package.json": {
		name: "@acme/lib",
		version: "1.2.3",
		exports: { ".": "./src/index.ts", "./sub": "./src/sub.ts" },
	},
	"packages/lib/src/index.ts": "",
	"packages/lib/src/sub.ts": "",
};
/** The workspace that it belongs to. */
export const NPM: Files = { "package.json": { workspaces: ["packages/*"] } };

/** The port for files of a project in memory. An object stands for its JSON. */
export function portOf(files: Files): ManifestPort {
	const bytes = new Map(
		Object.entries(files).map(([path, content]) => [
			path,
			new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content)),
		]),
	);
	const folders = (directory: string) => {
		const prefix = directory === "" ? "" : `${directory}/`;
		const below = [...bytes.keys()]
			.filter((path) => path.startsWith(prefix))
			.map((path) => path.slice(prefix.length));
		const names = below.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/")));
		return [...new Set(names)].filter((name) => name !== "node_modules" && !name.startsWith("."));
	};
	return { read: (path) => bytes.get(path), folders };
}

export interface Question {
	readonly files: Files;
	readonly specifier: string;
	readonly from?: string;
	readonly entry?: string;
	readonly manner?: "import" | "require";
	readonly outside?: Readonly<Record<string, string>>;
}

/** The result of an import as one text: a path, a specifier, or the code and reason of an error. */
export function meaning({
	entry = "functions/a/index.ts",
	files,
	from = entry,
	manner = "import",
	outside = {},
	specifier,
}: Question): string {
	const configuration = configurationFor(entry, portOf(files), { outside: new Map(Object.entries(outside)) });
	const { resolution } = resolveImport(configuration, specifier, from, manner);
	if (resolution.kind === "local fault") return `${resolution.fault.code}: ${resolution.fault.why}`;
	if (resolution.kind === "local") return resolution.path;
	if (resolution.kind === "remote") return resolution.url.href;
	return "specifier" in resolution ? resolution.specifier : resolution.kind;
}
