/**
 * The Terraform modules, as far as they can be checked without their providers, which are not to be had everywhere: syntax
 * and form by Terraform itself; that what is named is declared, and that the rights are no more than they have to be, here.
 */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describeWhere } from '../support/skip';
import { DEPLOY, isInstalled, runTool } from './support/check-tools';

const TERRAFORM = path.join(DEPLOY, 'terraform');
const tool = ['terraform', 'tofu'].find((name) => isInstalled(name)) ?? null;

const moduleText = (name: string): string => {
  const folder = path.join(TERRAFORM, name);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.tf'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n')
    .replace(/^\s*#.*$|\s#\s.*$/gm, '');
};
const strings = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? '')),
];

describeWhere(tool !== null, 'Terraform or OpenTofu')('Terraform', () => {
  test('reads the modules, and would write them the same way', () => {
    const { status, stdout, stderr } = runTool(tool ?? '', ['fmt', '-check', '-recursive', '-diff', TERRAFORM]);
    expect(stdout).toBe('');
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
  });
});

describe.each(['aws', 'gcp'])('module %s', (name) => {
  const text = moduleText(name);

  test('every variable that is used is declared, and every one that is declared is used', () => {
    const used = strings(text, /\bvar\.(\w+)/g).sort();
    expect(strings(text, /^variable "(\w+)"/gm).sort()).toEqual(used);
    expect(used.length).toBeGreaterThan(5);
  });

  test('every resource, data source and local that is named is there', () => {
    const code = text.replace(/"(?:[^"\\$]|\\.|\$(?!\{))*"/g, '""');
    const declared = [...text.matchAll(/^(resource|data) "(\w+)" "(\w+)"/gm)].map(
      ([, kind, type, label]) => `${kind === 'data' ? 'data.' : ''}${type}.${label}`,
    );
    const named = strings(code, /(?<![\w."-])((?:data\.)?(?:aws|google)_\w+\.\w+)/g);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((reference) => !declared.includes(reference))).toEqual([]);
    const locals = [...text.matchAll(/^locals \{\n([\s\S]*?)^\}/gm)].flatMap(([, body = '']) =>
      strings(body, /^ {2}(\w+)\s*=/gm),
    );
    expect(strings(text, /\blocal\.(\w+)/g).filter((local) => !locals.includes(local))).toEqual([]);
  });
});

test('AWS: the worker takes, reads and writes, and deletes nothing but messages', () => {
  const worker =
    readFileSync(path.join(TERRAFORM, 'aws', 'worker.tf'), 'utf8').split('data "aws_iam_policy_document" "trust"')[0] ??
    '';
  expect(strings(worker, /"((?:s3|sqs|kms):[^"]+)"/g).sort()).toEqual([
    'kms:Decrypt',
    'kms:GenerateDataKey',
    's3:AbortMultipartUpload',
    's3:GetObject',
    's3:ListMultipartUploadParts',
    's3:PutObject',
    'sqs:ChangeMessageVisibility',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
    'sqs:SendMessage',
  ]);
  expect(worker).not.toContain('"*"');
});

test('Google: single permissions where a predefined role would allow more', () => {
  const text = moduleText('gcp');
  expect(strings(text, /"((?:storage|pubsub)\.[a-zA-Z.]+)"/g).sort()).toEqual([
    'pubsub.subscriptions.consume',
    'storage.multipartUploads.abort',
    'storage.multipartUploads.create',
    'storage.multipartUploads.listParts',
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.get',
  ]);
  expect(text).toMatch(/var\.allow_overwrite \|\| var\.read_back \? \["storage\.objects\.delete"\]/);
  expect(strings(text, /"(roles\/[\w.]+)"/g).sort()).toEqual([
    'roles/iam.workloadIdentityUser',
    'roles/pubsub.publisher',
    'roles/pubsub.subscriber',
  ]);
});

test('both ways of federation are bound to one identity', () => {
  expect(moduleText('aws')).toMatch(/"accounts\.google\.com:sub"\s+values\s+= \[statement\.value\]/);
  expect(moduleText('gcp')).toContain("attribute.aws_role == '${var.aws_role_name}'");
  expect(moduleText('gcp') + moduleText('aws')).not.toMatch(/aws_iam_access_key|google_service_account_key/);
});
