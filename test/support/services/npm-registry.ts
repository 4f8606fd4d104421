/** A local npm registry, which records its requests. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { serveLocally } from "./local-server.ts";

/** A package that a test defines. */
interface MadePackage {
	readonly version: string;
	/** The source of its only module. */
	readonly source: string;
	readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package of this checkout's `node_modules`. */
interface InstalledPackage {
	readonly folder: string;
	/** Files in it that its installation made, and that it does not publish. */
	readonly without?: readonly string[];
}

export type RegistryPackage = MadePackage | InstalledPackage;

type Manifest = { readonly version: string } & Readonly<Record<string, unknown>>;

export interface NpmRegistry extends AsyncDisposable {
	/** With a slash at its end. */
	readonly url: string;
	/** The names of the requested packages, including requests for archives. */
	readonly requested: string[];
	/** The integrity hash of a package's archive, as in a lock file. */
	integrityOf(name: string): string;
}

interface Packed {
	readonly manifest: Manifest;
	readonly archive: Buffer;
}

function make(folder: string, name: string, { dependencies = {}, source, version }: MadePackage): void {
	const manifest = { name, version, type: "module", main: "index.js", dependencies };
	writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
	writeFileSync(join(folder, "index.js"), source);
}

function pack(name: string, content: RegistryPackage): Packed {
	const folder = mkdtempSync(join(tmpdir(), "coffer-registry-"));
	try {
		const root = join(folder, "package");
		if ("folder" in content) {
			const left = content.without?.map((file) => join(content.folder, file)) ?? [];
			const filter = (path: string) => !left.includes(path);
			cpSync(content.folder, root, { recursive: true, dereference: true, filter });
		} else {
			mkdirSync(root);
			make(root, name, content);
		}
		const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
		execFileSync("tar", ["-cf", "package.tar", "package"], { cwd: folder });
		// Nothing is gained by compressing what this machine unpacks.
		return { manifest, archive: gzipSync(readFileSync(join(folder, "package.tar")), { level: 0 }) };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @param packages by name; each has one version */
export async function startNpmRegistry(
	packages: Readonly<Record<string, RegistryPackage>>,
): Promise<NpmRegistry> {
	const packed = new Map(Object.entries(packages).map(([name, one]) => [name, pack(name, one)]));
	const requested: string[] = [];
	const integrityOf = (name: string) =>
		`sha512-${createHash("sha512")
			.update(packed.get(name)?.archive ?? "")
			.digest("base64")}`;
	const server = await serveLocally(({ headers: { host }, url = "" }, response) => {
		const [, path = "", isArchive] = /^\/(.*?)(\/-\/package\.tgz)?$/.exec(decodeURIComponent(url)) ?? [];
		requested.push(path);
		const found = packed.get(path);
		if (found === undefined) return response.writeHead(404).end("{}");
		if (isArchive !== undefined) return response.end(found.archive);
		const { version } = found.manifest;
		const dist = { tarball: `http://${host}/${path}/-/package.tgz`, integrity: integrityOf(path) };
		const versions = { [version]: { ...found.manifest, name: path, dist } };
		response.setHeader("content-type", "application/json");
		return response.end(JSON.stringify({ name: path, "dist-tags": { latest: version }, versions }));
	});
	return {
		...server,
		requested,
		integrityOf,
	};
}
