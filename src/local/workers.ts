/** The modules of workers, for the local analysis. Pure. */
import { posix } from "node:path";
import { isCode } from "../modules/paths.ts";
import { scanModule } from "../modules/scan.ts";

/**
 * Adds imports of the modules of its workers to a module. A platform bundles each worker separately, and adds the names
 * that workers read to the function's. The analysis of one bundle finds the same names.
 * @param path the module's path, without the first slash
 */
export function withWorkers(path: string, text: string): string {
	if (!text.includes("import.meta") || !/\bnew\s+Worker\b/.test(text)) return text;
	const modules = scanModule(path, text).files.flatMap(({ isWorker, pieces = [] }) => {
		const [module, ...rest] = pieces;
		return isWorker && module !== undefined && rest.length === 0 && isCode(module) ? [module] : [];
	});
	const imports = [...new Set(modules)].map((module) => {
		const relative = posix.relative(posix.dirname(`/${path}`), `/${module}`);
		const specifier = `./${relative.split("/").map(encodeURIComponent).join("/")}`;
		return `import ${JSON.stringify(specifier)};\n`;
	});
	return `${text}\n${imports.join("")}`;
}
