/** Opens the blobs of a store that are in a place of their own: a directory or a bucket. */
import { readS3Variables } from "../../configuration/config.ts";
import { isS3Url, parseS3Url, s3CredentialsOf } from "../../configuration/s3-url.ts";
import { BlobFiles } from "../blob-files.ts";
import type { Blobs } from "../blobs.ts";

/**
 * Opens blobs that other platforms may have open too.
 * @param place an absolute path, or the URL of a bucket
 * @throws AppError `BLOBS_URL_INVALID`, `BLOBS_CREDENTIALS_MISSING` (exit 2); and as `BlobFiles.open`, `S3Blobs.open`
 */
export async function openBlobs(place: string): Promise<Blobs> {
	if (!isS3Url(place)) return await BlobFiles.open(place, { isShared: true });
	const variables = readS3Variables();
	const { S3Blobs } = await import("./s3-blobs.ts");
	return await S3Blobs.open({ ...parseS3Url(place, variables), credentials: s3CredentialsOf(variables) });
}
