// Where in S3 a store lies: `s3://bucket/prefix`.

export interface S3Location {
  readonly bucket: string;
  /** '' or ends in '/'. */
  readonly prefix: string;
}

export const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/[\w.-]+)*\/?$/;

/** null: that is no place in S3. */
export function locationOf(url: string): S3Location | null {
  if (!S3_URL.test(url)) return null;
  const [bucket, ...rest] = url.slice('s3://'.length).split('/');
  const prefix = rest.filter(Boolean).join('/');
  return { bucket: bucket!, prefix: prefix && `${prefix}/` };
}
