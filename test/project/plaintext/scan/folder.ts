/** Folders with files and git repositories, for scans. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { VaultValues } from "../../../../src/project/plaintext/live-values.ts";
import type { Scan } from "../../../../src/project/plaintext/scan/report.ts";
import { scanFiles, scanHistory, scanIndex } from "../../../../src/project/plaintext/scan/scan.ts";
import { GIT_ENVIRONMENT } from "../../repository.ts";

export const KEY = "sk-live-0123456789abcdef";

const VALUES: VaultValues = {
	secrets: [{ environment: "production", name: "KEY", value: KEY }],
	closed: [],
	opened: ["production"],
};

const noProgress = () => undefined;
const variables = { ...GIT_ENVIRONMENT, PATH: process.env.PATH ?? "" };

/** A new folder, which is removed at the end of the scope. */
export class Folder implements Disposable {
	readonly path = realpathSync(mkdtempSync(join(tmpdir(), "coffer-scan-")));

	/** The path of a folder below, as a folder of its own. */
	at(name: string): string {
		return join(this.path, name);
	}

	write(path: string | Buffer, content: string | Buffer): void {
		if (typeof path === "string") mkdirSync(dirname(this.at(path)), { recursive: true });
		const whole = Buffer.isBuffer(path) ? Buffer.concat([Buffer.from(`${this.path}/`), path]) : this.at(path);
		writeFileSync(whole, content);
	}

	git(...words: readonly string[]): string {
		return execFileSync(
			"git",
			["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", ...words],
			{
				cwd: this.path,
				env: GIT_ENVIRONMENT,
				encoding: "utf8",
				stdio: ["ignore", "pipe", "pipe"],
			},
		);
	}

	/** Commits everything. @returns the commit's id */
	commit(): string {
		this.git("add", "-A");
		this.git("commit", "-q", "-m", "state");
		return this.git("rev-parse", "HEAD").trim();
	}

	[Symbol.dispose](): void {
		rmSync(this.path, { recursive: true, force: true });
	}
}

export function filesOf(root: string, paths: readonly string[] = [], from = root): Promise<Scan> {
	return scanFiles(VALUES, { root, place: { folder: from, variables }, paths }, noProgress);
}

export function indexOf(root: string): Promise<Scan> {
	return scanIndex(VALUES, { folder: root, variables }, noProgress);
}

export function historyOf(root: string): Promise<Scan> {
	return scanHistory(VALUES, { folder: root, variables }, noProgress);
}

/** `file:line:column` of each finding, sorted. */
export function placesOf({ findings }: Scan): string[] {
	return findings
		.map(({ column, file, line }) => (line === null ? file : `${file}:${line}:${column}`))
		.sort();
}
