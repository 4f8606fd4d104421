/** Where the bundles of workers are. Pure. */

/** The folder of workers' bundles in the folder of the function's files. No upload has a hidden folder. */
export const WORKERS_FOLDER = ".workers";

/** The path of a worker's bundle below the folder of the function's files. @param module the path of its module */
export function workerPath(module: string): string {
	return `${WORKERS_FOLDER}/${module}.js`;
}
