"""What AWS charges: the one table of list prices, and what resources cost by it."""

from awsbase.prices.cost import Bill, Cost, Monthly, by_section, by_use, monthly, total
from awsbase.prices.price import VIRGINIA, Price, dollars

__all__ = ["VIRGINIA", "Bill", "Cost", "Monthly", "Price", "by_section", "by_use", "dollars", "monthly", "total"]
