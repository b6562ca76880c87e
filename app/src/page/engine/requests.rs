//! Requests that wait for their reply, and where that goes.

use crate::{
    page::effects::{Loss, Reply, ReplyTo, WorkerId},
    protocol::RequestId,
};

/// All requests in flight, the oldest first: a few for each worker.
#[derive(Default)]
pub struct Requests {
    pending: Vec<Pending>,
}

struct Pending {
    id: RequestId,
    worker: WorkerId,
    is_image: bool,
    reply_to: ReplyTo,
}

impl Requests {
    /// Notes a request that was sent to `worker`; `is_image` for one that embeds a picture.
    pub fn add(&mut self, id: RequestId, worker: WorkerId, is_image: bool, reply_to: ReplyTo) {
        self.pending.push(Pending {
            id,
            worker,
            is_image,
            reply_to,
        });
    }

    /// Hands a reply to whoever waits for it.
    pub fn reply(&mut self, id: RequestId, reply: Reply) {
        if let Some(pending) = self.take(id) {
            (pending.reply_to)(reply);
        }
    }

    /// Drops a request; tells the worker that has it.
    pub fn cancel(&mut self, id: RequestId) -> Option<WorkerId> {
        self.take(id).map(|pending| pending.worker)
    }

    fn take(&mut self, id: RequestId) -> Option<Pending> {
        let index = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.remove(index))
    }

    /// Whether a worker has any request.
    pub fn any_at(&self, worker: WorkerId) -> bool {
        self.pending.iter().any(|pending| pending.worker == worker)
    }

    /// A worker ended: all that it was asked is lost. With `in_work` its oldest picture is what it
    /// ended over.
    pub fn lose(&mut self, worker: WorkerId, in_work: bool, others: Loss) {
        let of_worker = |pending: &mut Pending| pending.worker == worker;
        let lost: Vec<Pending> = self.pending.extract_if(.., of_worker).collect();
        let mut in_work = in_work;
        for pending in lost {
            let blamed = in_work && pending.is_image;
            in_work &= !blamed;
            (pending.reply_to)(Reply::Lost(if blamed { Loss::InWork } else { others }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::effects::PRIMARY;
    use std::{cell::RefCell, rc::Rc};

    type Log = Rc<RefCell<Vec<(RequestId, Option<Loss>)>>>;

    fn add(requests: &mut Requests, log: &Log, id: RequestId, worker: WorkerId, is_image: bool) {
        let log = log.clone();
        let note = move |reply| {
            let loss = match reply {
                Reply::Lost(loss) => Some(loss),
                _ => None,
            };
            log.borrow_mut().push((id, loss));
        };
        requests.add(id, worker, is_image, Box::new(note));
    }

    #[test]
    fn the_oldest_picture_is_what_a_worker_ended_over() {
        let (mut requests, log) = (Requests::default(), Log::default());
        add(&mut requests, &log, 1, PRIMARY, false);
        add(&mut requests, &log, 2, PRIMARY, true);
        add(&mut requests, &log, 3, 1, true);
        add(&mut requests, &log, 4, PRIMARY, true);
        requests.lose(PRIMARY, true, Loss::Crashed);
        let expected = [
            (1, Some(Loss::Crashed)),
            (2, Some(Loss::InWork)),
            (4, Some(Loss::Crashed)),
        ];
        assert_eq!(*log.borrow(), expected);
    }

    #[test]
    fn a_reply_goes_to_its_request_once() {
        let (mut requests, log) = (Requests::default(), Log::default());
        add(&mut requests, &log, 1, PRIMARY, true);
        requests.reply(2, Reply::Drawing);
        requests.reply(1, Reply::Drawing);
        requests.reply(1, Reply::Drawing);
        assert_eq!(*log.borrow(), [(1, None)]);
    }

    #[test]
    fn a_cancelled_request_gets_no_reply() {
        let (mut requests, log) = (Requests::default(), Log::default());
        add(&mut requests, &log, 1, 3, true);
        assert_eq!(requests.cancel(1), Some(3));
        requests.lose(3, true, Loss::Crashed);
        assert!(log.borrow().is_empty());
    }
}
