import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Files that each need a process of their own; all others share theirs, which saves its start and the loading of modules. */
const ISOLATED = [
	// Replaces modules by spies.
	"test/cli/edits/verify-once.test.ts",
	// The keychain's native library keeps its connection to the first bus that it finds.
	"test/identity/**/*.test.ts",
	// Counts the files that its own process holds open.
	"test/platform/runtime/storage/usage.test.ts",
];

export default defineConfig({
	test: {
		globalSetup: ["test/support/build-once.ts"],
		pool: "forks",
		// Three for each core of the smallest machine: most tests wait for processes that they have started.
		maxWorkers: 6,
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
			{ extends: true, test: { name: "isolated", include: ISOLATED } },
			{
				extends: true,
				test: { name: "shared", include: ["test/**/*.test.ts"], exclude: ISOLATED, isolate: false },
			},
		],
	},
});
