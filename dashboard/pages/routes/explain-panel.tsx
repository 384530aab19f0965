/** Route test: shows where a request would go, without sending it. */
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { explainQuery, type Question } from '../../api/explain.ts';
import { Card } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy.tsx';
import { ExplainForm } from './explain-form.tsx';
import { withScheme } from './explain-words.ts';
import { Explanation } from './explanation.tsx';

/** URL and method are in the page's address, so that a test can be shared; headers and client address are not. */
export function ExplainPanel() {
  const { url = '', method = 'GET' } = useSearch({ from: '/routes' });
  const navigate = useNavigate({ from: '/routes' });
  const [more, setMore] = useState<Pick<Question, 'headers' | 'clientIp' | 'country'>>({ headers: {} });
  const question: Question = { ...more, url: withScheme(url), method };
  const asked = useQuery({
    ...explainQuery(question),
    placeholderData: keepPreviousData,
    ...(url === '' ? { queryFn: skipToken } : {}),
  });
  const error = asked.error instanceof ApiError ? asked.error : null;

  const ask = (next: Question) => {
    const { url: nextUrl, method: nextMethod, ...rest } = next;
    const isSame =
      JSON.stringify({ ...rest, url: nextUrl, method: nextMethod }) ===
      JSON.stringify({ ...more, url: question.url, method });
    setMore(rest);
    void navigate({
      search: (before) => ({
        ...before,
        url: nextUrl,
        method: nextMethod === 'GET' ? undefined : nextMethod,
      }),
      replace: true,
      resetScroll: false,
    });
    if (isSame) void asked.refetch();
  };

  return (
    <Card
      title="Test route"
      actions={url !== '' && <CopyButton value={location.href} what="link to this test" />}
    >
      <div className="flex flex-col gap-4 p-4 pt-2">
        <p className="text-kumo-subtle">
          Enter a request to see which backends would be tried in the current state. The request is not sent.
        </p>
        <ExplainForm
          url={url}
          method={method}
          errors={error?.errors ?? []}
          busy={asked.isFetching}
          onAsk={ask}
        />
        {error && error.errors.length === 0 && (
          <p role="alert" className="text-kumo-danger">
            {error.message}
          </p>
        )}
        <div aria-live="polite" className="empty:-mt-4">
          {asked.data && !error && <Explanation answer={asked.data} />}
        </div>
      </div>
    </Card>
  );
}
