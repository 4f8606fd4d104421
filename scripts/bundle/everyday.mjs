/**
 * The second bundle, of the commands that people and git start all day. It holds less than half of the code, so it loads
 * in less time. The whole bundle has these commands too: it runs them where oclif is needed, as for their help.
 */

/** Commands by their path, as `secrets/set`. */
const EVERYDAY = [
	"git/check",
	"git/merge",
	"git/textconv",
	"run",
	"secrets/delete",
	"secrets/get",
	"secrets/list",
	"secrets/set",
	"status",
	"sync",
];

/**
 * @param commands every command's path → source file
 * @returns the same paths in the same order. The commands of this bundle keep their file; others have undefined, so
 * that a command line means the same with both bundles
 */
export function everydayOf(commands) {
	const entries = Object.entries(commands);
	return Object.fromEntries(
		entries.map(([name, file]) => [name, EVERYDAY.includes(name) ? file : undefined]),
	);
}

/** Leaves oclif out. `bin/run.js` uses this bundle only for command lines that run without it. */
export const withoutOclif = {
	name: "without-oclif",
	setup(build) {
		build.onResolve({ filter: /\/run-with-oclif\.ts$/ }, ({ path }) => ({
			path,
			namespace: "without-oclif",
		}));
		build.onLoad({ filter: /.*/, namespace: "without-oclif" }, () => ({
			contents: `export function runWithOclif() { throw new Error("The everyday bundle has no oclif."); }`,
		}));
	},
};

/**
 * The code of `everyday.cjs`, which loads the bundle if the first words are the path of one of its commands.
 * @param file the bundle's file
 * @param commands as `everydayOf` returns
 */
export function everydayLoader(file, commands) {
	const names = Object.keys(commands).filter((name) => commands[name] !== undefined);
	return `"use strict";
const names = new Set(${JSON.stringify(names)});
exports.everyday = ([first, second]) =>
	names.has(first) || names.has(\`\${first}/\${second}\`) ? require("./${file}") : undefined;
`;
}
