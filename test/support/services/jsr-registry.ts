/** A JSR registry on this machine, for tests. */
import { createHash } from "node:crypto";
import { serveLocally } from "./local-server.ts";

/**
 * Starts a JSR registry with one package, `@coffer/region` of version 1.2.3.
 * @param modules path → text; the package is `/mod.ts`
 * @returns its URL, and the paths that it was asked for
 */
export async function startJsrRegistry(
	modules: Readonly<Record<string, string>>,
): Promise<{ url: string; asked: string[] } & AsyncDisposable> {
	const manifest = Object.fromEntries(
		Object.entries(modules).map(([path, text]) => {
			const checksum = `sha256-${createHash("sha256").update(text).digest("hex")}`;
			return [path, { size: text.length, checksum }];
		}),
	);
	const documents: Record<string, object> = {
		"/@coffer/region/meta.json": {
			scope: "coffer",
			name: "region",
			latest: "1.2.3",
			versions: { "1.2.3": {} },
		},
		"/@coffer/region/1.2.3_meta.json": { manifest, exports: { ".": "./mod.ts" } },
	};
	const requested: string[] = [];
	const server = await serveLocally(({ url = "" }, response) => {
		requested.push(url);
		const text = modules[url.replace("/@coffer/region/1.2.3", "")] ?? JSON.stringify(documents[url]);
		if (text === undefined) response.statusCode = 404;
		response
			.setHeader("content-type", url.endsWith(".ts") ? "text/typescript" : "application/json")
			.end(text);
	});
	return { ...server, asked: requested };
}
