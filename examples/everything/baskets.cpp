// Baskets: state across calls behind handles, and a question before something cannot be undone.
#include <mcp/handles.h>

#include <memory>

#include "shop.h"

namespace {

struct Item {
  std::string tea;
  int grams;
};
struct Basket {
  std::vector<Item> items;
};
struct Opened {
  std::string basket_id;
};

struct ToAdd {
  mcp::Arg<std::string, "The basket, from open_basket"> basket_id;
  mcp::Arg<std::string, "Name of the tea"> tea;
  mcp::Arg<int, "How much, in grams", 10, 1000> grams = 100;
};
struct ToBuy {
  mcp::Arg<std::string, "The basket, from open_basket"> basket_id;
};

// What the user is asked at the till.
struct Order {
  mcp::Arg<std::string, "Whom it is for", 1, 80> name;
  mcp::Arg<std::string, "Where to send the receipt"> email = "nobody@example.com";
  mcp::Arg<mcp::Choice<"paper", "tin">, "Packing"> packing = "paper";
  mcp::Arg<bool, "Wrap it as a gift"> gift = false;
};
struct Receipt {
  std::string name, packing;
  int grams;
};

class Till {
 public:
  explicit Till(Shelf& shelf) : shelf_(shelf) {}

  mcp::Result<Opened> open(mcp::Call call) {
    auto id = baskets_.make(call, Basket{});
    if (!id) return id.error();
    return Opened{*id};
  }

  mcp::Result<Basket> add(ToAdd in, mcp::Call call) {
    auto tea = shelf_.find(*in.tea);
    if (tea == shelf_.end()) return mcp::Error(mcp::Code::not_found, "there is no " + *in.tea + "; read tea://shelf for what there is");
    if (tea->second.grams < *in.grams)
      return mcp::Error(mcp::Code::conflict, "only " + std::to_string(tea->second.grams) + " g of it are left");
    auto put = [&](Basket& basket) { basket.items.push_back({*in.tea, *in.grams}); };
    return baskets_.change(call, *in.basket_id, put);
  }

  mcp::Result<Receipt> buy(ToBuy in, mcp::Call call) {
    auto basket = baskets_.get(call, *in.basket_id);
    if (!basket) return basket.error();
    int grams = 0;
    for (const Item& item : basket->items) grams += item.grams;
    auto order = mcp::ask_form<Order>(call, "order", "Buy " + std::to_string(grams) + " g of tea?");
    if (!order) return order.error();
    if (auto dropped = baskets_.drop(call, *in.basket_id); !dropped) return dropped.error();
    for (const Item& item : basket->items) shelf_[item.tea].grams -= item.grams;
    return Receipt{*order->name, std::string(order->packing->text()), grams};
  }

 private:
  Shelf& shelf_;
  mcp::Handles<Basket> baskets_{"basket", {.ttl = std::chrono::minutes(30), .remedy = "call open_basket for a new one"}};
};

}  // namespace

void add_baskets(mcp::Server& server, Shelf& shelf) {
  auto till = std::make_shared<Till>(shelf);
  server.tool("open_basket", "Opens a basket. Its id is needed to put tea into it.", [till](mcp::Call call) { return till->open(call); });
  server.tool("add_to_basket", "Puts tea into a basket.", [till](ToAdd in, mcp::Call call) { return till->add(in, call); });
  server.tool("buy", "Buys what is in a basket, after asking the user. The basket is gone then.",
              [till](ToBuy in, mcp::Call call) { return till->buy(in, call); }, {.annotations = {.destructive = true}});
}
