import { expect, test } from "vitest";
import { WatchedFiles } from "../../../src/sync/watching/watched-files.ts";

function deployedFrom(...paths: readonly string[]): WatchedFiles {
	const files = new WatchedFiles();
	files.add(paths);
	return files;
}

const PROJECT = ["functions/mail/index.ts", "shared/fonts/a.ttf", "logo.svg"];

test.each([
	["code anywhere", "lib/new.ts"],
	["a package.json", "packages/words/package.json"],
	["a lock file", "deno.lock"],
	["the packages of a pnpm workspace", "pnpm-workspace.yaml"],
	["Supabase's configuration", "supabase/config.toml"],
	["Coffer's configuration", "coffer.json"],
	["a file at the root that a function reads", "logo.svg"],
	["a new file beside a function", "functions/mail/page.html"],
	["a new file in a folder below a function", "functions/mail/pages/de/page.html"],
	["a new file beside one that a function reads", "shared/fonts/b.ttf"],
	["a folder with files of functions", "shared/fonts"],
	["a folder above it", "shared"],
])("%s may change a function", (_, path) => {
	expect(deployedFrom(...PROJECT).matters(path)).toBe(true);
});

test.each([
	["another file at the root", "server.log"],
	["a file in a folder that no function reads", "docs/page.html"],
	["a folder whose name begins like one with files of functions", "shared/fonts-old"],
	["a folder without such files", "docs"],
])("%s does not change a function", (_, path) => {
	expect(deployedFrom(...PROJECT).matters(path)).toBe(false);
});
