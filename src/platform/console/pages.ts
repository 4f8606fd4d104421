/** The files of the web console, as the build has made them (`dist/console`). */
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { CONSOLE_PATH } from "../../protocol/console.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
};
const PAGE = "index.html";
/** The name of a file contains a hash of its contents, so a browser may keep it. */
const HASHED = /-([0-9a-f]{12}|[0-9A-Z]{8})\.[a-z]+$/;

/**
 * Nothing but the console's own files is loaded, no script or style stands in the page, and no other page shows it in a
 * frame. (https://www.w3.org/TR/CSP3/)
 */
const POLICY = [
	...[
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self'",
	],
	...[
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	],
].join("; ");

interface Page {
	readonly bytes: Uint8Array;
	readonly compressed: Uint8Array;
	readonly headers: Readonly<Record<string, string>>;
}

const compress = promisify(brotliCompress);

async function readPage(directory: string, name: string): Promise<Page> {
	const bytes = await readFile(join(directory, name));
	const headers = {
		"content-type": MEDIA_TYPES[extname(name)] ?? "application/octet-stream",
		"cache-control": HASHED.test(name) ? "public, max-age=31536000, immutable" : "no-store",
		"content-security-policy": POLICY,
		"referrer-policy": "no-referrer",
		"cross-origin-opener-policy": "same-origin",
		"cross-origin-resource-policy": "same-origin",
		"permissions-policy": "camera=(), geolocation=(), microphone=()",
		vary: "accept-encoding",
	};
	return { bytes, compressed: await compress(bytes), headers };
}

export class ConsolePages {
	readonly #directory: string;
	#files: Promise<ReadonlyMap<string, Page>> | undefined;

	/** @param directory of the built files. They are read with the first request. */
	constructor(directory: string) {
		this.#directory = directory;
	}

	/** Reads the files again with the next request if that failed. */
	async #read(): Promise<ReadonlyMap<string, Page>> {
		this.#files ??= readPages(this.#directory).catch((error: unknown) => {
			this.#files = undefined;
			throw error;
		});
		return await this.#files;
	}

	/** The answer to a request for a path below `CONSOLE_PATH`. Undefined if there is no such file. */
	async answer(request: Request): Promise<Response | undefined> {
		const { pathname } = new URL(request.url);
		if (pathname === CONSOLE_PATH.slice(0, -1))
			return new Response(null, { status: 308, headers: { location: CONSOLE_PATH } });
		const page = (await this.#read()).get(pathname.slice(CONSOLE_PATH.length) || PAGE);
		if (page === undefined) return undefined;
		const takesBrotli = /\bbr\b/.test(request.headers.get("accept-encoding") ?? "");
		const headers = { ...page.headers, ...(takesBrotli && { "content-encoding": "br" }) };
		return new Response(takesBrotli ? page.compressed : page.bytes, { headers });
	}
}

async function readPages(directory: string): Promise<ReadonlyMap<string, Page>> {
	const entries = await readdir(directory, { withFileTypes: true });
	const names = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
	return new Map(
		await Promise.all(names.map(async (name) => [name, await readPage(directory, name)] as const)),
	);
}
