import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Folders whose tests start no process and change nothing that others see: their files share one, which saves its start. */
const PURE = ["dotenv", "modules", "project", "protocol", "references", "sync", "targets", "vault"];
const PURE_FILES = PURE.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
	test: {
		globalSetup: ["test/support/build-once.ts"],
		pool: "forks",
		// Two for each core of the smallest machine: most tests wait for processes that they have started.
		maxWorkers: 4,
		// Real processes: Deno, the keychain's daemon, the built command line.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// The command lines that tests start share what is compiled, whatever home each of them has.
		env: {
			NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/coffer-compiled", import.meta.url)),
		},
		retry: 0,
		allowOnly: false,
		passWithNoTests: false,
		projects: [
			{ extends: true, test: { name: "pure", include: PURE_FILES, isolate: false } },
			{ extends: true, test: { name: "whole", include: ["test/**/*.test.ts"], exclude: PURE_FILES } },
		],
	},
});
