/** A JSR registry on this machine, for tests. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

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
	const server = createServer(({ url = "" }, response) => {
		requested.push(url);
		const text = modules[url.replace("/@coffer/region/1.2.3", "")] ?? JSON.stringify(documents[url]);
		if (text === undefined) response.statusCode = 404;
		response
			.setHeader("content-type", url.endsWith(".ts") ? "text/typescript" : "application/json")
			.end(text);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const close = async () => {
		server.closeAllConnections();
		server.close();
	};
	return { url: `http://127.0.0.1:${port}/`, asked: requested, [Symbol.asyncDispose]: close };
}
